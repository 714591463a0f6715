"""What the filters of lists share."""

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator

# Beyond these no case and no entry has been, and sums of dates do not hold.
DATES = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
