//! What an expense is, and the rules it obeys: plain types, no GraphQL, no HTTP, no database.

mod access;
mod category;
mod change;
mod contents;
mod date;
mod draft;
mod expense;
mod filter;
mod money;
mod order;
mod page;
mod patch;
mod tags;
mod text;
mod totals;
mod violation;

pub use access::{Readable, owner_of_new, readable};
pub use category::Category;
pub use change::{Change, ChangeKind};
pub use contents::Contents;
pub use date::{Date, InvalidDate};
pub use draft::{Draft, Fingerprint, IdempotencyKey, RawDraft};
pub use expense::{Expense, ExpenseId, Refusal};
pub use filter::{AmountRange, Filter, InvalidFilter, RawFilter, Voided};
pub use money::{Currency, Decimal, InvalidAmount, InvalidCurrency, InvalidDecimal, Money};
pub use order::{Direction, Order, OrderField, Position};
pub use page::{DEFAULT_PAGE, From, InvalidPage, LONGEST_PAGE, Page, PageRequest, Scanned};
pub use patch::{Edit, Patch, RawPatch};
pub use text::fold;
pub use totals::{Grouping, MOST_TOTALS, Total, TotalOverflow, sort_totals};
pub use violation::{Field, Rule, Violation};
