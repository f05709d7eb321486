"""Bulk runs: started over HTTP or in the shell, done batch by batch by any number of workers."""
