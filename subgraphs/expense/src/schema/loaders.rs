//! Reading in batches: what the many parts of one request ask for at the same time becomes few commands.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextValidation};
use async_graphql::{Context, Data, Response, ServerError, ValidationResult};
use async_trait::async_trait;
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;
use constellation_shared::mongo::within_patience;
use futures_util::future::{BoxFuture, try_join_all};

use super::budget::Budget;
use crate::domain::{
    Balances, Change, Expense, ExpenseId, LedgerCheck, Page, PageRequest, Readable, Settlement, SettlementId,
    Total,
};
use crate::store::{ExpenseStore, HistoryQuery, ListQuery, TotalsQuery};

/// How long nobody must have asked for more before a batch is loaded.
const PAUSE: Duration = Duration::from_millis(1);

/// The loaders of one request, and the budget that limits what they load.
///
/// They keep nothing: what a mutation changed is seen by what the same request reads after it. Every key holds the viewer,
/// or the proof that the viewer may read, so nothing that is loaded for one can be given to another.
pub(crate) struct Loaders {
    budget: Budget,
    loader: DataLoader<Reader>,
    asked: Arc<AtomicUsize>,
}

impl Loaders {
    fn new(store: ExpenseStore) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        // A fixed delay after the first question cuts a batch in two when a busy machine takes longer to ask them all.
        // A batch therefore waits until no question has come for a while.
        let spawn = move |batch| {
            let asked = Arc::clone(&counter);
            tokio::spawn(async move {
                let mut before = 0;
                loop {
                    let now = asked.load(Ordering::Relaxed);
                    if now == before {
                        break;
                    }
                    before = now;
                    tokio::time::sleep(PAUSE).await;
                }
                let batch: BoxFuture<'static, ()> = batch;
                batch.await;
            })
        };
        Self {
            budget: Budget::default(),
            loader: DataLoader::new(Reader(store), spawn).delay(Duration::ZERO),
            asked,
        }
    }

    /// The loaders of the request that a resolver is answering.
    pub(crate) fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }

    /// What the request may still ask for.
    pub(super) const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// An expense that the viewer may see.
    pub(crate) async fn expense(&self, viewer: &Viewer, id: ExpenseId) -> Result<Option<Expense>, ApiError> {
        let viewer = viewer.clone();
        self.ask(ExpenseKey { viewer, id }).await
    }

    /// A part of an expense's history, with one change too many if there is one.
    pub(crate) async fn history(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        query: HistoryQuery,
    ) -> Result<Vec<Change>, ApiError> {
        self.budget.take_page(&query)?;
        let viewer = viewer.clone();
        let history = self.ask(HistoryKey { viewer, query, id }).await?;
        Ok(history.unwrap_or_default())
    }

    /// A page of somebody's expenses.
    pub(crate) async fn list(&self, owner: Readable, query: ListQuery) -> Result<Page<Expense>, ApiError> {
        self.budget.take_page(&query.page)?;
        let page = self.ask(ListKey { owner, query }).await?;
        Ok(page.unwrap_or(Page::empty()))
    }

    /// Sums of somebody's expenses.
    pub(crate) async fn totals(&self, owner: Readable, query: TotalsQuery) -> Result<Arc<[Total]>, ApiError> {
        let totals = self.ask(TotalsKey { owner, query }).await?.unwrap_or_default();
        self.budget.take_totals(totals.len())?;
        Ok(totals)
    }

    /// All balances of a household that the viewer may see.
    pub(crate) async fn balances(&self, readable: Readable) -> Result<Arc<Balances>, ApiError> {
        let balances = self.ask(BalancesKey(readable)).await?.unwrap_or_default();
        self.budget.take_totals(balances.len())?;
        Ok(balances)
    }

    /// A household's ledger, worked out anew.
    pub(crate) async fn check(&self, readable: Readable) -> Result<Option<LedgerCheck>, ApiError> {
        self.ask(CheckKey(readable)).await
    }

    /// A page of a household's settlements.
    pub(crate) async fn settlements(
        &self,
        readable: Readable,
        page: PageRequest<SettlementId>,
    ) -> Result<Page<Settlement>, ApiError> {
        self.budget.take_page(&page)?;
        let page = self.ask(SettlementsKey { readable, page }).await?;
        Ok(page.unwrap_or(Page::empty()))
    }

    /// A page of all expenses that the viewer has recorded. No two of these reads could be joined.
    pub(crate) async fn recorded(
        &self,
        viewer: &Viewer,
        page: PageRequest<ExpenseId>,
    ) -> Result<Page<Expense>, ApiError> {
        self.budget.take_page(&page)?;
        let store = &self.loader.loader().0;
        Ok(within_patience(store.recorded(viewer, &page)).await?)
    }

    /// A page of all settlements that the viewer has recorded.
    pub(crate) async fn recorded_settlements(
        &self,
        viewer: &Viewer,
        page: PageRequest<SettlementId>,
    ) -> Result<Page<Settlement>, ApiError> {
        self.budget.take_page(&page)?;
        let store = &self.loader.loader().0;
        Ok(within_patience(store.recorded_settlements(viewer, &page)).await?)
    }

    async fn ask<K, V>(&self, key: K) -> Result<Option<V>, ApiError>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        V: Send + Sync + Clone + 'static,
        Reader: Loader<K, Value = V, Error = ApiError>,
    {
        self.asked.fetch_add(1, Ordering::Relaxed);
        within_patience(self.loader.load_one(key)).await
    }
}

struct Reader(ExpenseStore);

#[derive(Clone, PartialEq, Eq, Hash)]
struct ExpenseKey {
    viewer: Viewer,
    id: ExpenseId,
}

impl Loader<ExpenseKey> for Reader {
    type Value = Expense;
    type Error = ApiError;

    async fn load(&self, keys: &[ExpenseKey]) -> Result<HashMap<ExpenseKey, Expense>, ApiError> {
        let groups = group(keys, |key| (key.viewer.clone(), key.id)).into_iter();
        let loaded = groups.map(async |(viewer, ids)| {
            let found = self.0.find(&viewer, &ids).await?;
            let keyed = found.into_iter().map(move |(id, expense)| {
                let viewer = viewer.clone();
                (ExpenseKey { viewer, id }, expense)
            });
            Ok::<_, ApiError>(keyed)
        });
        Ok(try_join_all(loaded).await?.into_iter().flatten().collect())
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct HistoryKey {
    viewer: Viewer,
    query: HistoryQuery,
    id: ExpenseId,
}

impl Loader<HistoryKey> for Reader {
    type Value = Vec<Change>;
    type Error = ApiError;

    async fn load(&self, keys: &[HistoryKey]) -> Result<HashMap<HistoryKey, Vec<Change>>, ApiError> {
        let groups = group(keys, |key| ((key.viewer.clone(), key.query), key.id)).into_iter();
        let loaded = groups.map(async |((viewer, query), ids)| {
            let found = self.0.histories(&viewer, &ids, &query).await?;
            let keyed = found.into_iter().map(move |(id, changes)| {
                let viewer = viewer.clone();
                (HistoryKey { viewer, query, id }, changes)
            });
            Ok::<_, ApiError>(keyed)
        });
        Ok(try_join_all(loaded).await?.into_iter().flatten().collect())
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct ListKey {
    owner: Readable,
    query: ListQuery,
}

impl Loader<ListKey> for Reader {
    type Value = Page<Expense>;
    type Error = ApiError;

    // One read for each question: nobody may read more than one person's expenses, so no two of them could be joined.
    async fn load(&self, keys: &[ListKey]) -> Result<HashMap<ListKey, Page<Expense>>, ApiError> {
        let pages = keys.iter().map(async |key| {
            let page = self.0.list(key.owner, &key.query).await?;
            Ok::<_, ApiError>((key.clone(), page))
        });
        Ok(try_join_all(pages).await?.into_iter().collect())
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct TotalsKey {
    owner: Readable,
    query: TotalsQuery,
}

impl Loader<TotalsKey> for Reader {
    // Shared, so that it is not copied for everyone who asks for the same ones.
    type Value = Arc<[Total]>;
    type Error = ApiError;

    async fn load(&self, keys: &[TotalsKey]) -> Result<HashMap<TotalsKey, Arc<[Total]>>, ApiError> {
        let totals = keys.iter().map(async |key| {
            let totals = self.0.totals(key.owner, &key.query).await?;
            Ok::<_, ApiError>((key.clone(), totals.into()))
        });
        Ok(try_join_all(totals).await?.into_iter().collect())
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct BalancesKey(Readable);

impl Loader<BalancesKey> for Reader {
    type Value = Arc<Balances>;
    type Error = ApiError;

    async fn load(&self, keys: &[BalancesKey]) -> Result<HashMap<BalancesKey, Arc<Balances>>, ApiError> {
        let balances = keys.iter().map(async |key| {
            let balances = self.0.balances(key.0).await?;
            Ok::<_, ApiError>((key.clone(), Arc::new(balances)))
        });
        Ok(try_join_all(balances).await?.into_iter().collect())
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct CheckKey(Readable);

impl Loader<CheckKey> for Reader {
    type Value = LedgerCheck;
    type Error = ApiError;

    async fn load(&self, keys: &[CheckKey]) -> Result<HashMap<CheckKey, LedgerCheck>, ApiError> {
        let mut checks = HashMap::new();
        for key in keys {
            if let Some(check) = self.0.check(key.0).await? {
                checks.insert(key.clone(), check);
            }
        }
        Ok(checks)
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct SettlementsKey {
    readable: Readable,
    page: PageRequest<SettlementId>,
}

impl Loader<SettlementsKey> for Reader {
    type Value = Page<Settlement>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[SettlementsKey],
    ) -> Result<HashMap<SettlementsKey, Page<Settlement>>, ApiError> {
        let pages = keys.iter().map(async |key| {
            let page = self.0.settlements(key.readable, &key.page).await?;
            Ok::<_, ApiError>((key.clone(), page))
        });
        Ok(try_join_all(pages).await?.into_iter().collect())
    }
}

/// The items that belong together: each group is one command.
fn group<K, G: Eq + Hash, T>(keys: &[K], split: impl Fn(&K) -> (G, T)) -> HashMap<G, Vec<T>> {
    let mut groups: HashMap<G, Vec<T>> = HashMap::new();
    for (group, item) in keys.iter().map(split) {
        groups.entry(group).or_default().push(item);
    }
    groups
}

/// Gives every request loaders of its own, and every event of a subscription.
pub(super) struct LoadersPerRequest {
    store: ExpenseStore,
    /// What the operation asks for.
    complexity: AtomicUsize,
}

impl LoadersPerRequest {
    pub(super) const fn new(store: ExpenseStore) -> Self {
        Self {
            store,
            complexity: AtomicUsize::new(0),
        }
    }
}

impl ExtensionFactory for LoadersPerRequest {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self::new(self.store.clone()))
    }
}

#[async_trait]
impl Extension for LoadersPerRequest {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let valid = next.run(ctx).await?;
        self.complexity.store(valid.complexity, Ordering::Relaxed);
        Ok(valid)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let loaders = Loaders::new(self.store.clone());
        loaders.budget.begin(self.complexity.load(Ordering::Relaxed));
        let mut data = Data::default();
        data.insert(loaders);
        next.run_with_data(ctx, operation_name, data).await
    }
}
