"""The benchmark: each stage beside the limit that was measured in the same run."""
