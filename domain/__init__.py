"""Words without I/O: plate, read, entry, vehicle, place, ids, clock, errors."""
