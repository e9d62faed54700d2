use mongodb::bson::{Bson, Document, doc};

use crate::domain::{Category, Currency, Filter, Voided};

/// The filter's conditions but for [`voided`], all of which must hold.
///
/// Those on what an index begins with limit how much of it is read; the others are checked on what is read. A search in
/// the texts is such a check: an index cannot find a part of a word, and a person's own expenses are few enough.
pub(super) fn conditions(filter: &Filter) -> Document {
    let mut conditions = Vec::new();
    let mut add = |condition| conditions.push(condition);
    if let Some(from) = filter.date_from {
        add(doc! { "date": { "$gte": from.to_string() } });
    }
    if let Some(to) = filter.date_to {
        add(doc! { "date": { "$lte": to.to_string() } });
    }
    if !filter.categories.is_empty() {
        // Where a category is missing, null matches.
        let keys = filter.categories.iter();
        let keys: Vec<Bson> = keys
            .map(|category| category.as_ref().map(Category::key).into())
            .collect();
        add(doc! { "categoryKey": { "$in": keys } });
    }
    if let Some(text) = &filter.text {
        add(doc! { "search": literal(text) });
    }
    if let Some(range) = filter.amount {
        add(currency(range.currency));
        if let Some(min) = range.min {
            add(doc! { "minor": { "$gte": min } });
        }
        if let Some(max) = range.max {
            add(doc! { "minor": { "$lte": max } });
        }
    }
    if let Some(code) = filter.currency {
        add(currency(code));
    }
    if !filter.tags.is_empty() {
        add(doc! { "tags": { "$all": filter.tags.clone() } });
    }
    // An empty list of conditions is no list to MongoDB.
    if conditions.is_empty() {
        doc! {}
    } else {
        doc! { "$and": conditions }
    }
}

/// The values of `voided` that are meant. Indexes have it before what they are ordered by, so each value is a strand of
/// its own.
pub(super) const fn voided(voided: Voided) -> &'static [bool] {
    match voided {
        Voided::Exclude => &[false],
        Voided::Only => &[true],
        Voided::Include => &[false, true],
    }
}

fn currency(currency: Currency) -> Document {
    doc! { "currency": currency.code() }
}

/// A pattern that means exactly this text.
fn literal(text: &str) -> Document {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    doc! { "$regex": pattern }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_search_has_a_meaning_of_its_own() {
        assert_eq!(literal("a.*(b)\\e"), doc! { "$regex": "a\\.\\*\\(b\\)\\\\e" });
        assert_eq!(literal("münchen 1"), doc! { "$regex": "münchen 1" });
    }
}
