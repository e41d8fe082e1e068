"""What neighbouring agencies may receive of ours: agreements, and the pages that they pull."""
