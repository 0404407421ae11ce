"""Users, roles, teams as a tree, working hours, invitations, sign-in and API tokens."""
