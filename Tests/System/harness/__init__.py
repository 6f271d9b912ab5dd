"""What the system tests share. They use Bulkhead through its commands only, as its users do."""
