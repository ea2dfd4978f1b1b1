// The function's logs. Local authentication is disabled, so only the function's identity can write.
import { tagSet } from 'types.bicep'

@description('Name of a new workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param componentName string

@description('Region.')
param location string

@description('Tags of every resource that supports them.')
param tags tagSet

@description('Resource ID of the workspace to use; empty: a new one.')
param existingWorkspaceId string

@description('Object ID of the function\'s identity.')
param functionPrincipalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90 // free of charge for the tables of Application Insights
    features: {
      disableLocalAuth: true
    }
    workspaceCapping: {
      dailyQuotaGb: 1 // about a thousand times the expected volume: a runaway log costs little
    }
  }
}

var workspaceId = empty(existingWorkspaceId) ? workspace.id : existingWorkspaceId

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
}

resource functionLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, functionPrincipalId, 'metrics publisher')
  scope: component
  properties: {
    principalId: functionPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '3913510d-42f4-4e42-8a64-420c390055eb'
    )
    description: 'Monitoring Metrics Publisher: the function writes its logs.'
  }
}

@description('Resource ID of the workspace in use.')
output workspaceId string = workspaceId

@description('Name of the component.')
output componentName string = component.name

@description('Resource ID of the component.')
output componentId string = component.id
