use std::collections::{HashMap, HashSet};

use hive_router::graphql_tools::ast::{OperationVisitor, OperationVisitorContext};
use hive_router::graphql_tools::static_graphql::query::{
    Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use hive_router::graphql_tools::validation::rules::{ValidationRule, ValidationVisitor};
use hive_router::graphql_tools::validation::utils::{ValidationError, ValidationErrorContext};

/// How deep the lists of the schema's own description may be nested. Tools go one deep; every further level multiplies
/// the answer by the number of fields that a type has.
const DEEPEST: usize = 2;

/// The fields of a type's description that are lists of other types.
const LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Refuses documents that ask for the schema in circles: types, their fields, the fields of their types, and so on.
/// Hive's own limit of depth does not look into introspection, which has to be deep to be useful.
pub(super) struct IntrospectionRule;

impl ValidationRule for IntrospectionRule {
    fn visitor<'doc>(&self) -> ValidationVisitor<'doc> {
        Box::new(Visitor)
    }

    fn error_code(&self) -> &'static str {
        "INTROSPECTION_TOO_DEEP"
    }
}

struct Visitor;

impl<'doc> OperationVisitor<'doc, ValidationErrorContext> for Visitor {
    fn enter_operation_definition(
        &mut self,
        context: &mut OperationVisitorContext<'doc>,
        errors: &mut ValidationErrorContext,
        operation: &'doc OperationDefinition,
    ) {
        let set = match operation {
            OperationDefinition::SelectionSet(set) => set,
            OperationDefinition::Query(query) => &query.selection_set,
            OperationDefinition::Mutation(mutation) => &mutation.selection_set,
            OperationDefinition::Subscription(subscription) => &subscription.selection_set,
        };
        let fragments = &context.known_fragments;
        let mut asked = Vec::new();
        collect(set, fragments, &mut HashSet::new(), &mut asked);
        let mut measured = HashMap::new();
        for field in asked {
            if depth(&field.selection_set, fragments, &mut measured) > DEEPEST {
                errors.report_error(ValidationError {
                    error_code: IntrospectionRule.error_code(),
                    locations: vec![field.position],
                    message: "The document asks for the schema in circles: the fields of types of fields, and so on. \
                              Ask for each type once."
                        .into(),
                });
            }
        }
    }
}

type Fragments<'doc> = HashMap<&'doc str, &'doc FragmentDefinition>;

/// The fields of the operation that ask for the schema.
fn collect<'doc>(
    set: &'doc SelectionSet,
    fragments: &Fragments<'doc>,
    seen: &mut HashSet<&'doc str>,
    asked: &mut Vec<&'doc Field>,
) {
    for item in &set.items {
        match item {
            Selection::Field(field) if matches!(field.name.as_str(), "__schema" | "__type") => {
                asked.push(field);
            }
            Selection::Field(_) => {}
            Selection::InlineFragment(fragment) => collect(&fragment.selection_set, fragments, seen, asked),
            Selection::FragmentSpread(spread) => {
                let fragment = fragments.get(spread.fragment_name.as_str());
                if let Some(fragment) = fragment.filter(|_| seen.insert(&spread.fragment_name)) {
                    collect(&fragment.selection_set, fragments, seen, asked);
                }
            }
        }
    }
}

/// How deep lists are nested here. Every fragment is measured once, however often it is used.
fn depth<'doc>(
    set: &'doc SelectionSet,
    fragments: &Fragments<'doc>,
    measured: &mut HashMap<&'doc str, usize>,
) -> usize {
    let mut deepest = 0;
    for item in &set.items {
        let here = match item {
            Selection::Field(field) => {
                depth(&field.selection_set, fragments, measured)
                    + usize::from(LISTS.contains(&field.name.as_str()))
            }
            Selection::InlineFragment(fragment) => depth(&fragment.selection_set, fragments, measured),
            Selection::FragmentSpread(spread) => {
                let name = spread.fragment_name.as_str();
                match (measured.get(name), fragments.get(name)) {
                    (Some(known), _) => *known,
                    (None, Some(fragment)) => {
                        // One that uses itself is refused by another rule; here it must only come to an end.
                        measured.insert(name, 0);
                        let inside = depth(&fragment.selection_set, fragments, measured);
                        measured.insert(name, inside);
                        inside
                    }
                    (None, None) => 0,
                }
            }
        };
        deepest = deepest.max(here);
    }
    deepest
}
