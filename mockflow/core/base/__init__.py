"""What every wing of the core uses: findings and suggestions, durations, wildcards, path patterns, secrets."""
