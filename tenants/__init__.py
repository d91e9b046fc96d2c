"""Who owns what, and who may see it. SQLAlchemy only: never Flask, RQ or Stripe."""
