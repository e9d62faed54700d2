use async_graphql::{Context, ID, Object};
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{PageArguments, complexity};

use super::cursor;
use super::expense::ExpenseConnection;
use super::loaders::Loaders;
use super::settling::SettlementConnection;

/// What this subgraph holds about the person who asks. It is made for nobody else: whose it is, is whose viewer it holds.
pub(super) struct DataExport(Viewer);

impl DataExport {
    /// The export with this id, if it is the viewer's own: it has the id of its person.
    pub(super) fn of(viewer: &Viewer, id: &ID) -> Option<Self> {
        let own = id.parse() == Ok(viewer.user);
        own.then(|| Self(viewer.clone()))
    }
}

/// Everything that is held about the person who asks, to be taken along.
#[Object]
impl DataExport {
    /// The id of the person whom it is about.
    async fn id(&self) -> ID {
        self.0.user.into()
    }

    /// Every expense that they have recorded, whether it is their own or a household's, voided ones too; the one that was
    /// recorded last first. Of a household that they left, only what is private to them.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ExpenseConnection, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        ExpenseConnection::recorded(ctx, &self.0, arguments).await
    }

    /// Every settlement that they have recorded in the households that they belong to, voided ones too; the one that was
    /// recorded last first.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    async fn settlements(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<SettlementConnection, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let request = arguments.parse(cursor::settlement)?;
        let page = Loaders::of(ctx).recorded_settlements(&self.0, request).await?;
        Ok(page.into())
    }
}
