"""Accumulation of the statistics over the span: in threads, on a cluster, with checkpoints."""
