"""What the path takes away: one module per Recommendation or report."""
