//! Where in the answer an error belongs.
//!
//! A subgraph that could not be asked has no path to give, only Hive knows what the question was for. And one that was
//! asked for entities may speak of `_entities`, which no caller has written. Either way the fields that the question was
//! to fill are missing from the answer: those are the error's paths, one error for each.

use std::collections::{HashMap, HashSet};

use hive_router::GraphQLError;
use hive_router::executor::introspection::schema::SchemaMetadata;
use hive_router::executor::response::graphql_error::{GraphQLErrorPath, GraphQLErrorPathSegment as Segment};
use hive_router::executor::response::value::Value;
use hive_router::query_planner::ast::operation::OperationDefinition;
use hive_router::query_planner::ast::selection_item::SelectionItem;
use hive_router::query_planner::ast::selection_set::{FieldSelection, SelectionSet};
use hive_router::sonic_rs::{self, JsonValueTrait as _};

/// One failed question is never blown up into more errors than this: it may have been for every item of a long list.
const MOST_PATHS: usize = 50;

type Variables = Option<HashMap<String, sonic_rs::Value>>;

/// What is needed to read an answer against its operation.
pub(crate) struct Locator<'a> {
    pub(crate) operation: &'a OperationDefinition,
    pub(crate) variables: &'a Variables,
    pub(crate) schema: &'a SchemaMetadata,
}

/// Gives every error of a subgraph a path that the caller can follow.
pub(crate) fn locate(
    errors: Vec<GraphQLError>,
    data: &Value<'_>,
    locator: &Locator<'_>,
) -> Vec<GraphQLError> {
    let (placed, lost): (Vec<_>, Vec<_>) = errors.into_iter().partition(|error| locator.is_placed(error));
    if lost.is_empty() {
        return placed;
    }
    let mut taken: HashSet<Vec<Step>> = placed
        .iter()
        .filter_map(|error| error.path.as_ref())
        .map(steps)
        .collect();
    let mut located = placed;
    for mut error in lost {
        let affected = error.extensions.affected_path.take();
        let start = affected.as_deref().map(affected_steps).unwrap_or_default();
        let missing = locator.missing(data, &start);
        let fresh: Vec<_> = missing
            .iter()
            .filter(|path| taken.insert((*path).clone()))
            .cloned()
            .collect();
        error.path = None;
        if missing.is_empty() {
            error.path = fields_before_a_list(&start);
            located.push(error);
        } else {
            // When all of them have an error already, this one would say the same once more.
            located.extend(fresh.into_iter().map(|path| GraphQLError {
                path: Some(path_of(path)),
                ..error.clone()
            }));
        }
    }
    located
}

/// One step of a path: `Field("me")`, `Item(3)`; `Each` is every item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Field(String),
    Item(usize),
    Each,
}

impl Locator<'_> {
    /// Whether an error has a path that the operation has, or needs none.
    fn is_placed(&self, error: &GraphQLError) -> bool {
        if error.extensions.service_name.is_none() {
            return true;
        }
        let Some(path) = &error.path else { return false };
        let mut within = vec![&self.operation.selection_set];
        for segment in &path.segments {
            let Segment::String(key) = segment else { continue };
            within = within.into_iter().flat_map(|set| children(set, key)).collect();
            if within.is_empty() {
                return false;
            }
        }
        !path.segments.is_empty()
    }

    /// The paths of what the operation asks for below `start` and the data does not have.
    fn missing(&self, data: &Value<'_>, start: &[Step]) -> Vec<Vec<Step>> {
        let mut found = Vec::new();
        self.descend(
            data,
            &[&self.operation.selection_set],
            start,
            &mut Vec::new(),
            &mut found,
        );
        found
    }

    /// Goes along `way`, and looks for what is missing at its end.
    fn descend(
        &self,
        data: &Value<'_>,
        within: &[&SelectionSet],
        way: &[Step],
        here: &mut Vec<Step>,
        found: &mut Vec<Vec<Step>>,
    ) {
        if found.len() >= MOST_PATHS {
            return;
        }
        match (data, way) {
            (Value::Array(items), _) => {
                let way = if matches!(way, [Step::Each, ..]) {
                    &way[1..]
                } else {
                    way
                };
                for (index, item) in items.iter().enumerate() {
                    here.push(Step::Item(index));
                    self.descend(item, within, way, here, found);
                    here.pop();
                }
            }
            (Value::Object(fields), [Step::Field(key), way @ ..]) => {
                let Some(value) = value_of(fields, key) else {
                    return;
                };
                let within: Vec<_> = within.iter().flat_map(|set| children(set, key)).collect();
                here.push(Step::Field(key.clone()));
                self.descend(value, &within, way, here, found);
                here.pop();
            }
            (Value::Object(fields), []) => {
                for set in within {
                    self.look(fields, set, here, found);
                }
            }
            _ => {}
        }
    }

    fn look(
        &self,
        fields: &[(&str, Value<'_>)],
        set: &SelectionSet,
        here: &mut Vec<Step>,
        found: &mut Vec<Vec<Step>>,
    ) {
        for item in &set.items {
            match item {
                SelectionItem::Field(field) if self.is_asked_for(field) => {
                    let key = field.selection_identifier();
                    here.push(Step::Field(key.to_owned()));
                    match value_of(fields, key) {
                        Some(value) => self.descend(value, &[&field.selections], &[], here, found),
                        None if found.len() < MOST_PATHS => found.push(here.clone()),
                        None => {}
                    }
                    here.pop();
                }
                SelectionItem::InlineFragment(fragment) => {
                    let applies = self.holds(fragment.skip_if.as_deref(), fragment.include_if.as_deref())
                        && self.is_of_type(fields, &fragment.type_condition);
                    if applies {
                        self.look(fields, &fragment.selections, here, found);
                    }
                }
                SelectionItem::Field(_) | SelectionItem::FragmentSpread(_) => {}
            }
        }
    }

    fn is_asked_for(&self, field: &FieldSelection) -> bool {
        let answered_by_hive = field.name.starts_with("__") || field.omit_from_response;
        !answered_by_hive && self.holds(field.skip_if.as_deref(), field.include_if.as_deref())
    }

    fn holds(&self, skip_if: Option<&str>, include_if: Option<&str>) -> bool {
        let is_true = |name: &str| {
            self.variables
                .as_ref()
                .and_then(|variables| variables.get(name))
                .is_some_and(sonic_rs::Value::is_true)
        };
        !skip_if.is_some_and(is_true) && include_if.is_none_or(is_true)
    }

    fn is_of_type(&self, fields: &[(&str, Value<'_>)], condition: &str) -> bool {
        match value_of(fields, "__typename") {
            Some(Value::String(name)) => self
                .schema
                .possible_types
                .entity_satisfies_type_condition(name, condition),
            // Hive asks for the name wherever more than one is possible.
            _ => true,
        }
    }
}

/// The selections below the field `key`, wherever in a selection it is asked for.
fn children<'a>(set: &'a SelectionSet, key: &str) -> Vec<&'a SelectionSet> {
    set.items
        .iter()
        .flat_map(|item| match item {
            SelectionItem::Field(field) if field.selection_identifier() == key => vec![&field.selections],
            SelectionItem::InlineFragment(fragment) => children(&fragment.selections, key),
            _ => Vec::new(),
        })
        .collect()
}

fn value_of<'a, 'b>(fields: &'a [(&str, Value<'b>)], key: &str) -> Option<&'a Value<'b>> {
    fields
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

/// Hive writes the way to where a question was for as `me.friends.@|[User].name`.
fn affected_steps(path: &str) -> Vec<Step> {
    path.split('.')
        .map(|step| step.split_once('|').map_or(step, |(step, _types)| step))
        .filter(|step| !step.is_empty())
        .map(|step| {
            if step == "@" {
                Step::Each
            } else {
                Step::Field(step.to_owned())
            }
        })
        .collect()
}

fn steps(path: &GraphQLErrorPath) -> Vec<Step> {
    path.segments
        .iter()
        .map(|segment| match segment {
            Segment::String(key) => Step::Field(key.clone()),
            Segment::Index(index) => Step::Item(*index),
        })
        .collect()
}

fn path_of(steps: Vec<Step>) -> GraphQLErrorPath {
    let segments = steps.into_iter().filter_map(|step| match step {
        Step::Field(key) => Some(Segment::String(key)),
        Step::Item(index) => Some(Segment::Index(index)),
        Step::Each => None,
    });
    GraphQLErrorPath {
        segments: segments.collect(),
    }
}

fn fields_before_a_list(steps: &[Step]) -> Option<GraphQLErrorPath> {
    let fields: Vec<_> = steps
        .iter()
        .take_while(|step| matches!(step, Step::Field(_)))
        .cloned()
        .collect();
    (!fields.is_empty()).then(|| path_of(fields))
}
