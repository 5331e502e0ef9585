"""What every operation of the JSON interface goes through."""
