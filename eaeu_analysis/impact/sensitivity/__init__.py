"""What would have to be wrong for a finding to go: bent trends, donors touched by the event."""
