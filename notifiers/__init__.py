"""Who is told, by which channel, and that it arrives or a person hears that it did not."""
