"""The look of the product: tokens, components, the shell around every page, sign-in and error pages."""
