use std::collections::HashMap;

use hive_router::graphql_tools::parser::query::Definition;
use hive_router::graphql_tools::static_graphql::query::{
    Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};

use super::{DEPTH, Excess, REPEATS, SELECTIONS};

/// Refuses a document that asks for too much once every fragment stands where it is used: too deep, too many
/// selections, or one response key too often at the same place, whose selections would all be compared with each other.
pub(crate) fn check_selections(document: &Document) -> Result<(), Excess> {
    let mut fragments = HashMap::new();
    let mut sets = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::Operation(operation) => sets.push(selection_set(operation)),
            Definition::Fragment(fragment) => {
                // Rules look at every fragment also by itself, used or not.
                sets.push(&fragment.selection_set);
                // One of the two would be measured, and perhaps the other be used.
                if fragments.insert(fragment.name.as_str(), fragment).is_some() {
                    return Err(Excess::Twice(fragment.name.clone()));
                }
            }
        }
    }
    let mut scale = Scale {
        fragments: &fragments,
        measured: HashMap::new(),
    };
    let mut selections = 0_usize;
    for &set in &sets {
        selections = selections.saturating_add(scale.set(set, 1)?.selections);
        if selections > SELECTIONS {
            return Err(Excess::Selections);
        }
    }
    // Now that it is known how few there are, each may be visited wherever it is used.
    sets.into_iter()
        .try_for_each(|set| count_repeats(&[set], &fragments))
}

fn selection_set(operation: &OperationDefinition) -> &SelectionSet {
    match operation {
        OperationDefinition::SelectionSet(set) => set,
        OperationDefinition::Query(query) => &query.selection_set,
        OperationDefinition::Mutation(mutation) => &mutation.selection_set,
        OperationDefinition::Subscription(subscription) => &subscription.selection_set,
    }
}

type Fragments<'doc> = HashMap<&'doc str, &'doc FragmentDefinition>;

#[derive(Clone, Copy, Default)]
struct Size {
    selections: usize,
    levels: usize,
}

/// Measures every fragment once, however often it is used.
struct Scale<'doc, 'map> {
    fragments: &'map Fragments<'doc>,
    /// `None` while it is being measured.
    measured: HashMap<&'doc str, Option<Size>>,
}

impl<'doc> Scale<'doc, '_> {
    /// `level` is the level of the set's own selections.
    fn set(&mut self, set: &'doc SelectionSet, level: usize) -> Result<Size, Excess> {
        if set.items.is_empty() {
            return Ok(Size::default());
        }
        if level > DEPTH {
            return Err(Excess::Depth);
        }
        let mut size = Size::default();
        for item in &set.items {
            let inside = match item {
                Selection::Field(field) => self.set(&field.selection_set, level + 1)?,
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set, level + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name, level + 1)?,
            };
            size.selections = size
                .selections
                .saturating_add(1)
                .saturating_add(inside.selections);
            size.levels = size.levels.max(inside.levels + 1);
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'doc str, level: usize) -> Result<Size, Excess> {
        match self.measured.get(name) {
            Some(Some(size)) if level + size.levels > DEPTH + 1 => Err(Excess::Depth),
            Some(Some(size)) => Ok(*size),
            Some(None) => Err(Excess::Circle(name.to_owned())),
            None => {
                // Hive would say so itself, but not before it has compared each unknown one with all others.
                let fragment = self.fragments.get(name);
                let fragment = fragment.ok_or_else(|| Excess::Unknown(name.to_owned()))?;
                self.measured.insert(name, None);
                let size = self.set(&fragment.selection_set, level)?;
                self.measured.insert(name, Some(size));
                Ok(size)
            }
        }
    }
}

/// `sets` are all that select from the same place of the answer.
fn count_repeats(sets: &[&SelectionSet], fragments: &Fragments<'_>) -> Result<(), Excess> {
    let mut selected = HashMap::new();
    for set in sets {
        collect(set, fragments, &mut selected);
    }
    for (key, below) in selected {
        if below.len() > REPEATS {
            return Err(Excess::Repeats(key.to_owned()));
        }
        count_repeats(&below, fragments)?;
    }
    Ok(())
}

/// What is selected here, by response key.
fn collect<'doc>(
    set: &'doc SelectionSet,
    fragments: &Fragments<'doc>,
    selected: &mut HashMap<&'doc str, Vec<&'doc SelectionSet>>,
) {
    for item in &set.items {
        match item {
            Selection::Field(field) => {
                let key = field.alias.as_ref().unwrap_or(&field.name);
                selected.entry(key).or_default().push(&field.selection_set);
            }
            Selection::InlineFragment(fragment) => collect(&fragment.selection_set, fragments, selected),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(spread.fragment_name.as_str()) {
                    collect(&fragment.selection_set, fragments, selected);
                }
            }
        }
    }
}
