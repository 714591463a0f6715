"""The look of the product: tokens, components, the shell around pages, sign-in and error pages (ADR 0023)."""
