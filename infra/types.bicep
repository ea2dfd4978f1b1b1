// The members are those of the setting PARTNER_ACCOUNTS; docs/settings.md describes their values.
@export()
@description('A Microsoft partner account whose balance is recorded.')
@sealed()
type partnerAccount = {
  name: string?
  tenantId: guidText
  clientId: guidText
  credential: ('vault' | 'federated')?
  secretName: string?
  auth: ('app' | 'app_user')?
  refreshTokenName: string?
  balances: ('summary' | 'summaries')?
  creditLimit: string?
  cloud: ('global' | 'usgov' | 'china')?
}

@export()
@description('A single account as plain settings, so that the portal shows and edits them one by one. Without an account, all are empty.')
func settingsOf(only partnerAccount?) { *: string } => {
  PARTNER_TENANT_ID: only.?tenantId ?? ''
  PARTNER_CLIENT_ID: only.?clientId ?? ''
  PARTNER_ACCOUNT_NAME: only.?name ?? ''
  PARTNER_CREDENTIAL: only.?credential ?? ''
  PARTNER_SECRET_NAME: only.?secretName ?? ''
  PARTNER_AUTH: only.?auth ?? ''
  PARTNER_REFRESH_TOKEN_NAME: only.?refreshTokenName ?? ''
  PARTNER_BALANCES: only.?balances ?? ''
  PARTNER_CREDIT_LIMIT: only.?creditLimit ?? ''
  PARTNER_CLOUD: only.?cloud ?? ''
}

@minLength(36)
@maxLength(36)
type guidText = string

@export()
@description('Tags of Azure resources: names and values.')
type tagSet = {
  *: string
}
