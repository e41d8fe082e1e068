"""A neighbour's list: its wire format, what is remembered between pulls, one entry checked."""
