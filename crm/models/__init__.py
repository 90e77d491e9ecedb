"""The tables, one noun a file."""

from crm.models.accesses import Access
from crm.models.attachments import Attachment, AttachmentVersion
from crm.models.attribution import RESPONSIBILITIES, STATUSES, Decision, DecisionColumns, Outcome
from crm.models.books import Books
from crm.models.dated import Dated, InsertOnly, as_of, insert_only_tables, terms
from crm.models.enterprises import Enterprise
from crm.models.history import AuditEvent
from crm.models.imports import Import, StagedDecision, StagedFacts, StagedRow
from crm.models.indicators import Target
from crm.models.industries import Industry
from crm.models.jobs import JOB_STATES, Job, Worker
from crm.models.months import MonthClose
from crm.models.people import ROLES, PostTerm, SignInAttempt, User, UserSession
from crm.models.projects import FACTS, FactColumns, Project, ProjectFacts, ProjectReport
from crm.models.proposals import PROPOSAL_STATES, Proposal
from crm.models.readings import AdjudicatorTerm, ReadingTerm
from crm.models.search import ProjectText, SearchPending
from crm.models.standing import Standing
from crm.models.units import Area, AreaTerm, FocusIndustry, PlateTerm, Street, StreetTerm, Unit, UnitTerm

__all__ = [
    "FACTS",
    "JOB_STATES",
    "PROPOSAL_STATES",
    "RESPONSIBILITIES",
    "ROLES",
    "STATUSES",
    "Access",
    "AdjudicatorTerm",
    "Area",
    "AreaTerm",
    "Attachment",
    "AttachmentVersion",
    "AuditEvent",
    "Books",
    "Dated",
    "Decision",
    "DecisionColumns",
    "Enterprise",
    "FactColumns",
    "FocusIndustry",
    "Import",
    "Industry",
    "InsertOnly",
    "Job",
    "MonthClose",
    "Outcome",
    "PlateTerm",
    "PostTerm",
    "Project",
    "ProjectFacts",
    "ProjectReport",
    "ProjectText",
    "Proposal",
    "ReadingTerm",
    "SearchPending",
    "SignInAttempt",
    "StagedDecision",
    "StagedFacts",
    "StagedRow",
    "Standing",
    "Street",
    "StreetTerm",
    "Target",
    "Unit",
    "UnitTerm",
    "User",
    "UserSession",
    "Worker",
    "as_of",
    "insert_only_tables",
    "terms",
]
