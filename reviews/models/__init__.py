"""What people say: review tasks with their leases, and reviews."""

from reviews.models.answers import Review, ReviewBatch, Skip
from reviews.models.people import PersonSkills, Team
from reviews.models.rules import ReviewRules
from reviews.models.tasks import KnownAnswerCase, Task

__all__ = ["KnownAnswerCase", "PersonSkills", "Review", "ReviewBatch", "ReviewRules", "Skip", "Task", "Team"]
