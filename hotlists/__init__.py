"""Lists of wanted plates: sources, guards, generations, and the watch a worker matches against."""
