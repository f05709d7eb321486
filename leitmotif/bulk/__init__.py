"""Bulk scoring without the queue: files of articles in, files of results out, batches and parts in between."""
