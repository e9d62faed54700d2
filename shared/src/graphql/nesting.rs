/// How deep the brackets of a document may be nested: of selections, arguments, lists and objects alike.
const DEEPEST: usize = 64;

/// Refuses a text whose brackets are nested deeper than the library's parser, which recurses with them, can bear.
///
/// Brackets in strings and comments do not count. A string that never ends is refused here: where the parser would
/// go on after one is not worth guessing.
pub(super) fn check_nesting(text: &str) -> Result<(), String> {
    let mut rest = text.as_bytes();
    let mut depth: usize = 0;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(rest).ok_or("The document has a string that never ends.")?,
            b'#' => {
                let end = after.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                &after[end.unwrap_or(after.len())..]
            }
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("Nest brackets at most {DEEPEST} deep."));
                }
                after
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                after
            }
            _ => after,
        };
    }
    Ok(())
}

/// What comes after the string that the text begins with.
fn after_string(text: &[u8]) -> Option<&[u8]> {
    if let Some(mut rest) = text.strip_prefix(BLOCK) {
        loop {
            rest = match rest {
                [b'"', b'"', b'"', after @ ..] => return Some(after),
                [b'\\', b'"', b'"', b'"', after @ ..] | [_, after @ ..] => after,
                [] => return None,
            };
        }
    }
    let mut rest = text.get(1..)?;
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [] | [b'\n' | b'\r', ..] => return None,
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
        };
    }
}

const BLOCK: &[u8] = b"\"\"\"";
