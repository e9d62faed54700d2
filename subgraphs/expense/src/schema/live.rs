use std::collections::VecDeque;

use async_graphql::{Context, ID, Subscription as GraphqlSubscription};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use futures_util::stream::{Stream, unfold};

use super::feed::{Feed, HouseholdChange};
use crate::domain::{FeedEntry, FeedPosition};
use crate::store::Listener;

/// How many entries are read at a time.
const AT_A_TIME: usize = 50;

/// What is told as it happens.
pub(crate) struct Subscription;

/// What is told as it happens.
#[GraphqlSubscription]
impl Subscription {
    /// What happens in a household, as far as you may know it, from now on or after a cursor: each change once, in the order
    /// in which they were written, none left out. It ends with an error `UNAUTHENTICATED` when your access token does, or
    /// your households change: get a new token, and subscribe again after the last cursor.
    async fn household_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A household that you belong to.")] household_id: ID,
        #[graphql(
            desc = "First what happened after this cursor, of `changesCursor`, of a change or of `changesSince`; from now on without one."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<HouseholdChange, ApiError>> + use<>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let household = household_id
            .parse()
            .map_err(|_| ApiError::not_found("household"))?;
        let feed = Feed::of(ctx, viewer, household)?;
        // Whoever listens before reading hears of everything that the reading misses.
        let news = ctx
            .data_unchecked::<crate::store::ExpenseStore>()
            .listen(household);
        let position = match after {
            Some(cursor) => feed.position(&cursor)?,
            None => feed.end().await?,
        };
        let live = Live {
            feed,
            news,
            position,
            waiting: VecDeque::new(),
            over: false,
        };
        Ok(unfold(live, async |mut live| {
            let told = live.next().await?;
            Some((told, live))
        }))
    }
}

/// A feed that is followed. Nothing is read before what was read last has been taken, so that a slow client costs no more
/// than one page.
struct Live {
    feed: Feed,
    news: Listener,
    position: FeedPosition,
    waiting: VecDeque<FeedEntry>,
    over: bool,
}

impl Live {
    async fn next(&mut self) -> Option<Result<HouseholdChange, ApiError>> {
        if self.over {
            return None;
        }
        let told = self.entry().await.and_then(|entry| self.feed.change(entry));
        self.over = told.is_err();
        Some(told)
    }

    async fn entry(&mut self) -> Result<FeedEntry, ApiError> {
        loop {
            if let Some(entry) = self.waiting.pop_front() {
                return Ok(entry);
            }
            let page = self.feed.after(self.position, AT_A_TIME).await?;
            self.position = page.end;
            self.waiting.extend(page.entries);
            // A part may hold nothing that may be told, and have another after it.
            if self.waiting.is_empty() && !page.more {
                self.news.word().await;
            }
        }
    }
}
