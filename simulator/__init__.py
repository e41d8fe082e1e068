"""A town to try bolo in: cameras, traffic, and a gateway that texts nobody real."""
