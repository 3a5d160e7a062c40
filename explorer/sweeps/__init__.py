"""Many scenarios: plans, where they run, and what came of them. Needs the optional extra `sweep`."""
