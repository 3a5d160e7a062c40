"""What a user may change: settings, workload classes, tables, and the folders that hold them."""
