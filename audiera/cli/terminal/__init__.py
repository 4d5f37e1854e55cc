"""What every command shares: who acts, what is typed, what is shown and asked."""
