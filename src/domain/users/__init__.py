"""Users: the entity, the states of an account, and the repository port."""

from src.domain.users.factor_kinds import FactorKind
from src.domain.users.repository import UserRepository
from src.domain.users.standings import Standing
from src.domain.users.state import Claim, PendingChange, ProviderLink, State
from src.domain.users.user import PROFILE_PARSERS, Profile, User, require_visible

__all__ = [
    "PROFILE_PARSERS",
    "Claim",
    "FactorKind",
    "PendingChange",
    "Profile",
    "ProviderLink",
    "Standing",
    "State",
    "User",
    "UserRepository",
    "require_visible",
]
