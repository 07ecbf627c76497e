"""Who really sent this: DKIM keys and signatures."""
