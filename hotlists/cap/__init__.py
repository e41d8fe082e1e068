"""Emergency alerts in CAP 1.2 (NCMEC AMBER): bytes in, wanted vehicles as data out. Pure."""
