"""Scenario files: data model, reader, library systems filled in, assumptions, sizing targets and trade-off cases."""
