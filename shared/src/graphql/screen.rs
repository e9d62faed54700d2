//! What an operation may hold, found out in one pass before the library validates it.
//!
//! The library's parser and its rules recurse with the document, and some of them write every fragment out wherever it is
//! spread; a short document can so take seconds, or the whole stack. Its own limits are applied only afterwards.

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Request, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use super::nesting::check_nesting;
use super::size::{MOST_PARTS, Sizes};

/// How many operations and fragments one document may define; the rules look at each in the light of each other.
const MOST_DEFINITIONS: usize = 100;
/// How many changes one operation may make. Aliases of one mutation must not multiply what is dear about it, such as the
/// hashing of a password; nobody's screen makes as many changes as this at once.
const MOST_MUTATIONS: usize = 10;
/// How many representations one operation may hand to `_entities`, over all its aliases: ten full pages.
const MOST_REPRESENTATIONS: usize = 1_000;

/// Parses the document, and refuses what would cost too much to look at any closer.
pub(super) fn screen(request: &mut Request) -> Result<(), ServerError> {
    check_nesting(&request.query).map_err(|message| ServerError::new(message, None))?;
    // The request lends the document only as a whole.
    let variables = std::mem::take(&mut request.variables);
    let document = request.parsed_query()?;
    check(document, &variables).map_err(|message| ServerError::new(message, None))?;
    request.variables = variables;
    Ok(())
}

/// What kind of operation is to be run.
pub(super) fn kind(request: &mut Request) -> Result<OperationType, ServerError> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    let mut operations = document.operations.iter();
    let operation = match &name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name == wanted)),
        // Which of several is meant is for the library to ask.
        None => operations.next(),
    };
    Ok(operation.map_or(OperationType::Query, |(_, operation)| operation.node.ty))
}

fn check(document: &ExecutableDocument, variables: &Variables) -> Result<(), String> {
    if document.operations.iter().count() + document.fragments.len() > MOST_DEFINITIONS {
        return Err(format!(
            "Define at most {MOST_DEFINITIONS} operations and fragments in a document."
        ));
    }
    let parts = Sizes::new(document).total()?;
    if parts > MOST_PARTS {
        return Err(format!(
            "Ask for at most {MOST_PARTS} fields and arguments in a document, each fragment counted wherever it is spread."
        ));
    }
    // From here on every fragment can be written out: there are no cycles, and little to write.
    for (_, operation) in document.operations.iter() {
        let mut fields = Vec::new();
        root_fields(document, &operation.node.selection_set.node, &mut fields);
        if operation.node.ty == OperationType::Mutation && fields.len() > MOST_MUTATIONS {
            return Err(format!("Make at most {MOST_MUTATIONS} changes in one operation."));
        }
        if operation.node.ty == OperationType::Subscription && fields.len() > 1 {
            return Err("Subscribe to one thing in one operation.".to_owned());
        }
        let representations = fields
            .iter()
            .map(|field| representations(field, &operation.node, variables));
        if representations.sum::<usize>() > MOST_REPRESENTATIONS {
            return Err(format!(
                "Ask for at most {MOST_REPRESENTATIONS} entities in one operation."
            ));
        }
    }
    Ok(())
}

/// The fields that an operation begins with, out of whatever fragments they are in.
fn root_fields<'d>(document: &'d ExecutableDocument, set: &'d SelectionSet, fields: &mut Vec<&'d Field>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(&field.node),
            Selection::InlineFragment(inline) => {
                root_fields(document, &inline.node.selection_set.node, fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    root_fields(document, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

/// How many representations a field hands over, if it is `_entities`.
fn representations(field: &Field, operation: &OperationDefinition, variables: &Variables) -> usize {
    if field.name.node != "_entities" {
        return 0;
    }
    let default = |name: &Name| {
        let mut definitions = operation.variable_definitions.iter();
        let definition = definitions.find(|definition| definition.node.name.node == *name)?;
        definition.node.default_value()
    };
    match field.get_argument("representations").map(|value| &value.node) {
        Some(Value::List(list)) => list.len(),
        Some(Value::Variable(name)) => match variables.get(name).or_else(|| default(name)) {
            Some(ConstValue::List(list)) => list.len(),
            _ => 1,
        },
        _ => 1,
    }
}
