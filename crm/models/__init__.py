"""The tables, one noun a file."""

from crm.models.accesses import Access
from crm.models.announcements import ANNOUNCEMENT_KINDS, Announcement
from crm.models.attachments import Attachment, AttachmentVersion
from crm.models.attribution import RESPONSIBILITIES, STATUSES, Decision, DecisionColumns, Outcome
from crm.models.books import Books
from crm.models.dated import Dated, InsertOnly, as_of, insert_only_tables, terms
from crm.models.enterprises import ORIGIN_KINDS, Contact, Enterprise, ProjectOrigin
from crm.models.history import AuditEvent
from crm.models.holdings import DUTIES, CarryOver, Duty, Holding, duties_of
from crm.models.imports import Import, StagedDecision, StagedFacts, StagedRow
from crm.models.indicators import Target
from crm.models.industries import Industry
from crm.models.jobs import JOB_STATES, Job, Worker
from crm.models.lead_progress import COUNTED_KINDS, PROGRESS_KINDS, LeadProgress
from crm.models.leads import (
    LEAD_SOURCES,
    LEAD_STAGES,
    LOST_REASONS,
    OPEN_STAGES,
    TRIAGE_STATES,
    Lead,
    LeadUnit,
    Triage,
)
from crm.models.months import MonthClose
from crm.models.names import NameKey, NamePair
from crm.models.people import ROLES, PostTerm, SignInAttempt, User, UserSession
from crm.models.policy import SettingTerm
from crm.models.projects import FACTS, FactColumns, Project, ProjectFacts, ProjectReport
from crm.models.proposals import PROPOSAL_STATES, Proposal
from crm.models.readings import AdjudicatorTerm, ReadingTerm
from crm.models.reassignments import (
    CREDIT_ROLES,
    REASSIGNMENT_KINDS,
    REASSIGNMENT_STATES,
    WHOLE,
    CreditShare,
    CreditSplit,
    Reassignment,
)
from crm.models.search import LeadText, ProjectText, SearchPending
from crm.models.standing import Standing
from crm.models.transfers import (
    BATCH_KINDS,
    BATCH_STATES,
    HANDOVER_SECTIONS,
    ITEM_STATES,
    OPEN_TRANSFERS,
    SIDES,
    SUCCESSION,
    TRANSFER_STATES,
    Transfer,
    TransferBatch,
    TransferFile,
    TransferItem,
    TransferSignature,
)
from crm.models.units import (
    Area,
    AreaTerm,
    FocusIndustry,
    PlateTerm,
    Street,
    StreetTerm,
    Unit,
    UnitSuccession,
    UnitTerm,
)

__all__ = [
    "ANNOUNCEMENT_KINDS",
    "BATCH_KINDS",
    "BATCH_STATES",
    "COUNTED_KINDS",
    "CREDIT_ROLES",
    "DUTIES",
    "FACTS",
    "HANDOVER_SECTIONS",
    "ITEM_STATES",
    "JOB_STATES",
    "LEAD_SOURCES",
    "LEAD_STAGES",
    "LOST_REASONS",
    "OPEN_STAGES",
    "OPEN_TRANSFERS",
    "ORIGIN_KINDS",
    "PROGRESS_KINDS",
    "PROPOSAL_STATES",
    "REASSIGNMENT_KINDS",
    "REASSIGNMENT_STATES",
    "RESPONSIBILITIES",
    "ROLES",
    "SIDES",
    "STATUSES",
    "SUCCESSION",
    "TRANSFER_STATES",
    "TRIAGE_STATES",
    "WHOLE",
    "Access",
    "AdjudicatorTerm",
    "Announcement",
    "Area",
    "AreaTerm",
    "Attachment",
    "AttachmentVersion",
    "AuditEvent",
    "Books",
    "CarryOver",
    "Contact",
    "CreditShare",
    "CreditSplit",
    "Dated",
    "Decision",
    "DecisionColumns",
    "Duty",
    "Enterprise",
    "FactColumns",
    "FocusIndustry",
    "Holding",
    "Import",
    "Industry",
    "InsertOnly",
    "Job",
    "Lead",
    "LeadProgress",
    "LeadText",
    "LeadUnit",
    "MonthClose",
    "NameKey",
    "NamePair",
    "Outcome",
    "PlateTerm",
    "PostTerm",
    "Project",
    "ProjectFacts",
    "ProjectOrigin",
    "ProjectReport",
    "ProjectText",
    "Proposal",
    "ReadingTerm",
    "Reassignment",
    "SearchPending",
    "SettingTerm",
    "SignInAttempt",
    "StagedDecision",
    "StagedFacts",
    "StagedRow",
    "Standing",
    "Street",
    "StreetTerm",
    "Target",
    "Transfer",
    "TransferBatch",
    "TransferFile",
    "TransferItem",
    "TransferSignature",
    "Triage",
    "Unit",
    "UnitSuccession",
    "UnitTerm",
    "User",
    "UserSession",
    "Worker",
    "as_of",
    "duties_of",
    "insert_only_tables",
    "terms",
]
