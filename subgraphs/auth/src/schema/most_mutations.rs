use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery};
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{ServerError, ServerResult, Variables};
use async_trait::async_trait;

/// How many mutations one operation may hold. Each one here checks a secret or changes an account, and is counted by
/// itself; but nobody needs many at once, except to guess.
const MOST: usize = 10;

/// Refuses operations that hold too many mutations, before any of them is begun.
pub(super) struct MostMutations;

impl ExtensionFactory for MostMutations {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for MostMutations {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        let mutations = document
            .operations
            .iter()
            .filter(|(_, operation)| operation.node.ty == OperationType::Mutation);
        for (_, operation) in mutations {
            if Count::of(&document, &operation.node.selection_set.node) > MOST {
                let message = format!("An operation may hold at most {MOST} mutations.");
                return Err(ServerError::new(message, Some(operation.pos)));
            }
        }
        Ok(document)
    }
}

/// Counts the fields of an operation, through its fragments, and stops when there are too many.
struct Count<'a> {
    document: &'a ExecutableDocument,
    fields: usize,
}

impl<'a> Count<'a> {
    fn of(document: &'a ExecutableDocument, selections: &'a SelectionSet) -> usize {
        let mut count = Self { document, fields: 0 };
        count.add(selections, 0);
        count.fields
    }

    fn add(&mut self, selections: &'a SelectionSet, depth: usize) {
        // Fragments that contain each other are refused later, by the validation; here they must only come to an end.
        if depth > MOST {
            self.fields = MOST + 1;
        }
        for selection in &selections.items {
            if self.fields > MOST {
                return;
            }
            match &selection.node {
                Selection::Field(_) => self.fields += 1,
                Selection::InlineFragment(fragment) => {
                    self.add(&fragment.node.selection_set.node, depth + 1);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(&fragment.node.selection_set.node, depth + 1);
                    }
                }
            }
        }
    }
}
