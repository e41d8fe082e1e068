"""The alert's life: states and transitions, episodes, verification, outcomes, store."""
