// Mails when a person is needed. The queries stand in alerts/*.kql and rest on the first word of each line that the function logs.

@description('Part of the names.')
param nameSuffix string

@description('Region.')
param location string

@description('Resource id of the workspace that is searched.')
param workspaceId string

@description('Resource id of the Application Insights component whose lines count; the workspace may hold others.')
param componentId string

@description('Address that gets the mails.')
param email string

@description('Webhook that is called too; empty: none.')
@secure()
param webhook string

@description('Resource id of an action group to use; empty: a new one.')
param existingActionGroupId string

@description('Percentages of the credit limit to tell of.')
param creditPercentages int[]

@description('Where docs/operate.md can be read.')
param operateGuide string

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (empty(existingActionGroupId)) {
  name: 'ag-balances-${nameSuffix}'
  location: 'global'
  properties: {
    enabled: true
    groupShortName: 'Balances'
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: empty(webhook) ? [] : [
      {
        name: 'webhook'
        serviceUri: webhook
        useCommonAlertSchema: true
      }
    ]
  }
}

var actionGroupId = empty(existingActionGroupId) ? actionGroup.id : existingActionGroupId

// What every query starts with: the lines of this deployment's function, and the percentages.
var start = 'let component = "${componentId}";\nlet percentages = dynamic(${string(creditPercentages)});\n${loadTextContent('alerts/lines.kql')}'

// One alert, and so one mail, for each combination of these columns.
var byAccount = { name: 'account', operator: 'Include', values: ['*'] }
var byCode = { name: 'code', operator: 'Include', values: ['*'] }
var bySecret = { name: 'secret', operator: 'Include', values: ['*'] }
var byDays = { name: 'days', operator: 'Include', values: ['*'] }
var byCurrency = { name: 'currency', operator: 'Include', values: ['*'] }
var byPercentage = { name: 'percentage', operator: 'Include', values: ['*'] }

// A rule fires while its query returns rows. `lasting` says how it repeats: false fires anew each day that the cause stands (and
// is silent for a day after each mail); true fires once when a state begins and once more when it ends.
var rules = [
  {
    name: 'run-failed'
    title: 'Partner balances: a run failed'
    severity: 1
    lasting: false
    query: loadTextContent('alerts/run-failed.kql')
    dimensions: [byAccount, byCode]
    description: 'An account\'s balance could not be read today, for the reason in the code. Catch-up runs go on; the day is lost at midnight, because Partner Center keeps no history. What to do: ${operateGuide}#run-failed'
  }
  {
    name: 'no-snapshot'
    title: 'Partner balances: no complete run for 26 hours'
    severity: 0
    lasting: false
    query: loadTextContent('alerts/no-snapshot.kql')
    dimensions: []
    description: 'No run has found or recorded the day\'s row of every account for 26 hours: the timer is dead, or an account fails for good. Start a run by hand before midnight. What to do: ${operateGuide}#no-snapshot'
  }
  {
    name: 'secret-expiring'
    title: 'Partner balances: a credential expires soon'
    severity: 2
    lasting: false
    query: loadTextContent('alerts/secret-expiring.kql')
    dimensions: [byAccount, bySecret, byDays]
    description: 'A credential of an account expires in the days given; after that no balance can be read. Renew it now. What to do: ${operateGuide}#secret-expiring'
  }
  {
    name: 'credit-used'
    title: 'Partner balances: credit limit'
    severity: 2
    lasting: true
    query: loadTextContent('alerts/credit-used.kql')
    dimensions: [byAccount, byCurrency, byPercentage]
    description: 'The balance of an account reached the percentage of its credit limit. At 100 % Microsoft may suspend the account. What to do: ${operateGuide}#credit-used'
  }
  {
    name: 'archive-failed'
    title: 'Partner balances: the archive was not written'
    severity: 2
    lasting: false
    query: loadTextContent('alerts/archive-failed.kql')
    dimensions: [byAccount, byCode]
    description: 'The day\'s row stands in the table and is missing in the archive. What to do: ${operateGuide}#archive-failed'
  }
]

resource alertRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${nameSuffix}'
    location: location
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [
        workspaceId
      ]
      evaluationFrequency: 'PT1H'
      windowSize: 'P1D'
      overrideQueryTimeRange: 'P2D' // the longest there is; each query narrows it
      skipQueryValidation: true // the tables of a new workspace appear with the first line
      criteria: {
        allOf: [
          {
            query: '${start}${rule.query}'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: rule.dimensions
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: rule.lasting
      muteActionsDuration: rule.lasting ? null : 'P1D'
      actions: {
        actionGroups: [
          actionGroupId
        ]
      }
    }
  }
]
