"""Who may send how much, and to whom nothing goes any more: limits, freezes, suppression, complaints."""
