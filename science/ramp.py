"""How much is automated while the promise is believed and not yet proved: a random quarter."""

PROVISIONAL_RAMP = 0.25  # largest share of accepted cases automated while the certificate is provisional
