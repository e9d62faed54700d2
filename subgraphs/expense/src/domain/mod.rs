//! What an expense is, and the rules it obeys: plain types, no GraphQL, no HTTP, no database.

mod access;
mod balance;
mod category;
mod change;
mod check;
mod contents;
mod date;
mod draft;
mod exchange;
mod expense;
mod feed;
mod filter;
mod fingerprint;
mod merge;
mod money;
mod month;
mod once;
mod order;
mod patch;
mod plan;
mod settlement;
mod sharing;
mod tags;
mod text;
mod totals;
mod violation;

pub(crate) use constellation_shared::page::{From, Page, PageRequest, Scanned};

pub(crate) use access::{Books, Readable, readable, readable_household};
pub(crate) use balance::{Balance, BalanceRow, Balances};
pub(crate) use category::Category;
pub(crate) use change::{Change, ChangeKind, history_page};
pub(crate) use check::LedgerCheck;
pub(crate) use contents::Contents;
pub(crate) use date::Date;
pub(crate) use draft::{Draft, RawDraft};
pub(crate) use exchange::{Basis, Exchange, RawBasis, RawExchange};
pub(crate) use expense::{Expense, ExpenseId, Refusal};
pub(crate) use feed::{FeedEntry, FeedKind, FeedPage, FeedPosition, FeedSubject};
pub(crate) use filter::{Filter, InvalidFilter, RawFilter, Voided};
pub(crate) use fingerprint::{Creation, Fingerprint, IdempotencyKey};
pub(crate) use merge::{Conflict, ContentsField};
pub(crate) use money::{Currency, Decimal, InvalidAmount, Money, Rate};
pub(crate) use month::{InvalidMonth, Month};
pub(crate) use once::Once;
pub(crate) use order::{Direction, Order, OrderField, Position};
pub(crate) use patch::{Edit, Patch, RawPatch};
pub(crate) use plan::{Plan, Transfer};
pub(crate) use settlement::{
    RawSettlement, Settlement, SettlementChange, SettlementDraft, SettlementId, SettlementPayment,
    SettlementRefusal,
};
pub(crate) use sharing::{
    Absorbed, Part, Payment, RawPart, RawPayer, RawSharing, RawSplit, RawVisibility, Share, Sharing, Split,
    SplitRule, Surprise, UNITS, Visibility, VisibilityKind,
};
pub(crate) use totals::{Comparison, Group, Grouping, MOST_TOTALS, Portion, Sum, Total, totals};
pub(crate) use violation::{Field, Rule, Violation};
