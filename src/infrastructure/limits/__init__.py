"""Rate limiters: counters in the store, in Redis, or none."""
