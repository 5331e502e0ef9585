"""Second factors: adding and managing them."""

from src.application.enrolment.adding import ENROLMENT_LIFETIME, Enrolled, EnrolmentService
from src.application.enrolment.managing import FactorService

__all__ = ["ENROLMENT_LIFETIME", "Enrolled", "EnrolmentService", "FactorService"]
