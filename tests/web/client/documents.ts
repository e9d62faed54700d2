import { graphql } from "../generated/gql.ts";

/** What an app shows of an expense. */
export const ExpenseLine = graphql(`
  fragment ExpenseLine on Expense {
    id
    version
    date
    description
    category
    tags
    voidedAt
    amount {
      amount
      currency
    }
  }
`);

export const Register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      user {
        id
      }
      tokens {
        accessToken
        refreshToken
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const Login = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      user {
        id
        displayName
      }
      tokens {
        accessToken
        refreshToken
        expiresIn
        tokenType
      }
      userErrors {
        code
        message
      }
    }
  }
`);

export const Refresh = graphql(`
  mutation Refresh($input: RefreshInput!) {
    refresh(input: $input) {
      tokens {
        accessToken
        refreshToken
      }
      userErrors {
        code
        message
      }
    }
  }
`);

export const Logout = graphql(`
  mutation Logout($input: LogoutInput!) {
    logout(input: $input) {
      signedOut
      userErrors {
        code
      }
    }
  }
`);

export const Me = graphql(`
  query Me {
    me {
      id
      displayName
      email
      createdAt
    }
  }
`);

export const CreateExpense = graphql(`
  mutation CreateExpense($input: CreateExpenseInput!) {
    createExpense(input: $input) {
      expense {
        ...ExpenseLine
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const UpdateExpense = graphql(`
  mutation UpdateExpense($input: UpdateExpenseInput!) {
    updateExpense(input: $input) {
      expense {
        ...ExpenseLine
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const VoidExpense = graphql(`
  mutation VoidExpense($input: VoidExpenseInput!) {
    voidExpense(input: $input) {
      expense {
        ...ExpenseLine
      }
      userErrors {
        code
      }
    }
  }
`);

export const RestoreExpense = graphql(`
  mutation RestoreExpense($input: RestoreExpenseInput!) {
    restoreExpense(input: $input) {
      expense {
        ...ExpenseLine
        history(last: 5) {
          edges {
            node {
              version
              kind
              at
            }
          }
        }
      }
      userErrors {
        code
      }
    }
  }
`);

export const ExpenseById = graphql(`
  query ExpenseById($id: ID!) {
    expense(id: $id) {
      ...ExpenseLine
    }
  }
`);

/** The federated question: who somebody is comes from one service, what they spent from another. */
export const MyExpenses = graphql(`
  query MyExpenses(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: ExpenseFilter
    $orderBy: ExpenseOrder
  ) {
    me {
      id
      displayName
      expenses(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
        edges {
          cursor
          node {
            ...ExpenseLine
          }
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`);

export const MyTotals = graphql(`
  query MyTotals($filter: ExpenseFilter) {
    me {
      id
      expenseTotals(groupBy: CURRENCY, filter: $filter) {
        total {
          amount
          currency
        }
        count
      }
    }
  }
`);

export const CreateHousehold = graphql(`
  mutation CreateHousehold($input: CreateHouseholdInput!) {
    createHousehold(input: $input) {
      household {
        id
      }
    }
  }
`);

export const InviteToHousehold = graphql(`
  mutation InviteToHousehold($input: InviteToHouseholdInput!) {
    inviteToHousehold(input: $input) {
      code
    }
  }
`);

export const AcceptInvitation = graphql(`
  mutation AcceptInvitation($input: AcceptInvitationInput!) {
    acceptInvitation(input: $input) {
      userErrors {
        code
      }
    }
  }
`);

export const ChangesCursor = graphql(`
  query ChangesCursor($household: ID!) {
    household(id: $household) {
      id
      changesCursor
    }
  }
`);

/** What happens in a household: the expense comes from one service, who did it from another. */
export const HouseholdChanged = graphql(`
  subscription HouseholdChanged($household: ID!, $after: String) {
    householdChanged(householdId: $household, after: $after) {
      kind
      cursor
      by {
        id
        displayName
      }
      expense {
        ...ExpenseLine
      }
    }
  }
`);
