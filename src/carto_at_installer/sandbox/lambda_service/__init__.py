"""Lambda: its control plane, its limits, and processes in which the uploaded code really runs."""
