use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};

/// How many parts all operations of a document may have together.
pub(super) const MOST_PARTS: usize = 5_000;
/// How deep selections may be nested, through fragments too. The library refuses more than this anyway, but only
/// after it has walked there.
const DEEPEST: usize = 32;

/// Counts the parts of selection sets: fields, spreads, arguments, directives and variables, with every fragment
/// counted wherever it is spread. Each fragment is walked once, so this takes as long as the document is.
pub(super) struct Sizes<'d> {
    document: &'d ExecutableDocument,
    fragments: HashMap<&'d Name, State>,
}

enum State {
    BeingCounted,
    Counted(Size),
}

/// Both saturate, since fragments can double them at every step.
#[derive(Clone, Copy, Default)]
struct Size {
    parts: usize,
    height: usize,
}

impl<'d> Sizes<'d> {
    pub(super) fn new(document: &'d ExecutableDocument) -> Self {
        Self {
            document,
            fragments: HashMap::new(),
        }
    }

    /// The parts of all operations; or why that cannot be told, or need not.
    pub(super) fn total(mut self) -> Result<usize, String> {
        for name in self.document.fragments.keys() {
            self.fragment(name, 0)?;
        }
        let mut total: usize = 0;
        for (_, operation) in self.document.operations.iter() {
            let operation = &operation.node;
            let size = self.set(&operation.selection_set.node, 1)?;
            total = total
                .saturating_add(size.parts)
                .saturating_add(operation.variable_definitions.len())
                .saturating_add(directives(&operation.directives));
        }
        Ok(total)
    }

    fn set(&mut self, set: &'d SelectionSet, depth: usize) -> Result<Size, String> {
        if depth > DEEPEST {
            return Err(too_deep());
        }
        let mut total = Size::default();
        for selection in &set.items {
            let (inner, own) = match &selection.node {
                Selection::Field(field) => {
                    let inner = self.set(&field.node.selection_set.node, depth + 1)?;
                    (inner, field.node.arguments.len())
                }
                Selection::InlineFragment(inline) => {
                    (self.set(&inline.node.selection_set.node, depth + 1)?, 0)
                }
                Selection::FragmentSpread(spread) => {
                    (self.fragment(&spread.node.fragment_name.node, depth)?, 0)
                }
            };
            let own = 1 + own + directives(selection.node.directives());
            total.parts = total.parts.saturating_add(own).saturating_add(inner.parts);
            total.height = total.height.max(inner.height + 1);
        }
        Ok(total)
    }

    fn fragment(&mut self, name: &'d Name, depth: usize) -> Result<Size, String> {
        let size = match self.fragments.get(name) {
            Some(State::Counted(size)) => *size,
            Some(State::BeingCounted) => return Err(format!("The fragment `{name}` spreads itself.")),
            None => {
                // That there is no such fragment is for the library to say.
                let Some(fragment) = self.document.fragments.get(name) else {
                    return Ok(Size::default());
                };
                self.fragments.insert(name, State::BeingCounted);
                let mut size = self.set(&fragment.node.selection_set.node, depth + 1)?;
                size.parts = size.parts.saturating_add(directives(&fragment.node.directives));
                self.fragments.insert(name, State::Counted(size));
                size
            }
        };
        if depth + size.height > DEEPEST {
            return Err(too_deep());
        }
        Ok(size)
    }
}

fn directives(directives: &[Positioned<Directive>]) -> usize {
    directives
        .iter()
        .map(|directive| 1 + directive.node.arguments.len())
        .sum()
}

fn too_deep() -> String {
    format!("Nest selections at most {DEEPEST} deep, fragments included.")
}
