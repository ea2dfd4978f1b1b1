// Two accounts. The host account (the function's package and the archive) has no usable key. The data account has one,
// because Power BI Desktop can only sign in to tables with a key, so it contains only the snapshots and the ledger of runs.
import { tagSet } from 'types.bicep'

@description('Name of the host account.')
param hostAccountName string

@description('Name of the data account.')
param dataAccountName string

@description('Region.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('SKU of both accounts.')
param redundancy string

@description('Name of the table in both accounts.')
param tableName string

@description('Whether the host account also stores every row.')
param archive bool

@description('Whether the data account has keys, for Power BI.')
param powerBiKey bool

@description('Whether both accounts are closed to the internet.')
param privateNetworking bool

@description('Public addresses that may still reach them.')
param allowedAddresses string[]

@description('Resource ID of the workspace that logs who wrote or deleted rows.')
param workspaceId string

@description('Makes the custom role\'s name unique in the tenant.')
param roleSuffix string

@description('Object ID of the function\'s identity.')
param functionPrincipalId string

@description('Object ID of the operator; empty: none.')
param operatorObjectId string

@description('The operator\'s principal type.')
param operatorType string

var packages = 'app-package'
var auditedWrites = [
  {
    category: 'StorageWrite'
    enabled: true
  }
  {
    category: 'StorageDelete'
    enabled: true
  }
]
var group = resourceGroup().id
var hasOperator = !empty(operatorObjectId)
var network = privateNetworking
  ? {
      publicNetworkAccess: empty(allowedAddresses) ? 'Disabled' : 'Enabled'
      networkAcls: {
        bypass: 'None'
        defaultAction: 'Deny'
        ipRules: map(allowedAddresses, address => { value: address, action: 'Allow' })
      }
    }
  : {}

resource hostAccount 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: hostAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    ...network
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packageContainer 'containers' = {
      name: packages
      properties: {
        publicAccess: 'None'
      }
    }
  }

  resource hostTables 'tableServices' = {
    name: 'default'

    resource archiveTable 'tables' = if (archive) {
      name: tableName
    }
  }
}

resource dataAccount 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: dataAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: powerBiKey
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    ...network
  }

  resource dataTables 'tableServices' = {
    name: 'default'

    resource snapshotTable 'tables' = {
      name: tableName
    }

    resource ledgerTable 'tables' = {
      name: '${tableName}runs'
    }
  }
}

// Logs who wrote or deleted rows, and how they signed in; the alert history-changed reads these logs.
#disable-next-line use-recent-api-versions // nothing newer has these logs
resource dataAudit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'who-did-what'
  scope: dataAccount::dataTables
  properties: {
    workspaceId: workspaceId
    logs: auditedWrites
  }
}

#disable-next-line use-recent-api-versions // nothing newer has these logs
resource archiveAudit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (archive) {
  name: 'who-did-what'
  scope: hostAccount::hostTables
  properties: {
    workspaceId: workspaceId
    logs: auditedWrites
  }
}

resource dataLock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keep-history'
  scope: dataAccount
  properties: {
    level: 'CanNotDelete'
    notes: 'Contains the history of partner balances, which cannot be fetched again.'
  }
}

resource archiveLock 'Microsoft.Authorization/locks@2020-05-01' = if (archive) {
  name: 'keep-history'
  scope: hostAccount
  properties: {
    level: 'CanNotDelete'
    notes: 'Contains the archive of partner balances, which cannot be fetched again.'
  }
}

// Inserting needs these two actions; updating, merging and deleting need others. Anyone with only this role can therefore add
// to the history but never change it.
resource appendRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(group, roleSuffix, 'append rows')
  properties: {
    roleName: 'Partner balances: append rows (${roleSuffix})'
    description: 'Reads and inserts table rows. Cannot change or delete any.'
    type: 'CustomRole'
    assignableScopes: [
      group
    ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action'
        ]
        notDataActions: []
      }
    ]
  }
}

// The host reads the function's package and stores the timer's status there.
resource functionHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, functionPrincipalId, 'blob owner')
  scope: hostAccount
  properties: {
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
    )
    description: 'Storage Blob Data Owner: the function\'s package and the timer\'s status.'
  }
}

resource functionAppend 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount.id, functionPrincipalId, 'append rows')
  scope: dataAccount
  properties: {
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appendRole.name)
    description: 'The function adds the day\'s row and checks whether it exists.'
  }
}

resource functionArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (archive) {
  name: guid(hostAccount.id, functionPrincipalId, 'append rows')
  scope: hostAccount
  properties: {
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appendRole.name)
    description: 'The function adds the day\'s row to the archive.'
  }
}

resource operatorRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(dataAccount.id, operatorObjectId, 'table reader')
  scope: dataAccount
  properties: {
    principalId: operatorObjectId
    principalType: operatorType
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '76199698-9eea-4c19-bc75-cec21354c6b6'
    )
    description: 'Storage Table Data Reader: the operator lists the tables and reads the history.'
  }
}

resource operatorAppend 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasOperator) {
  name: guid(dataAccount.id, operatorObjectId, 'append rows')
  scope: dataAccount
  properties: {
    principalId: operatorObjectId
    principalType: operatorType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appendRole.name)
    description: 'The operator takes a snapshot by hand, imports earlier history and restores missing rows.'
  }
}

resource operatorArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (archive && hasOperator) {
  name: guid(hostAccount.id, operatorObjectId, 'append rows')
  scope: hostAccount
  properties: {
    principalId: operatorObjectId
    principalType: operatorType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appendRole.name)
    description: 'The operator compares the archive with the table and restores missing rows.'
  }
}

@description('Name of the host account.')
output hostAccountName string = hostAccount.name

@description('Names of the accounts with the history.')
output historyAccounts string[] = archive ? [dataAccount.name, hostAccount.name] : [dataAccount.name]

@description('Container for the function\'s package.')
output packageContainerName string = packages

@description('Name of the data account.')
output dataAccountName string = dataAccount.name

@description('Table service in the data account.')
output tableEndpoint string = 'https://${dataAccount.name}.table.${environment().suffixes.storage}'

@description('Table service for the archive; empty: no archive.')
output archiveEndpoint string = archive ? 'https://${hostAccount.name}.table.${environment().suffixes.storage}' : ''
