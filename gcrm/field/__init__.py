"""The rep's phone: today's route, check-in and the visit log."""
